"""The intermediate representation: one compiled environment, complete and free of choices.

`nodes` defines it, `lower` makes it from the Model, `codec` saves it as `env.json` and reads it back
(pydantic).
"""
