"""`awmc schema`: the form of `env.json`."""

from __future__ import annotations

import json


def run() -> None:
    """Print the JSON Schema of env.json, the intermediate representation of a build."""
    from awmc.ir import codec

    print(json.dumps(codec.schema(), indent=2))
