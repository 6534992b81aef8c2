"""Random calls at a world, and what they bring to light.

In the order of control: `promises` are what a build says of its world; `watch` makes a call and holds what comes of it
(`rows` reads the world, and says what has changed) against them; what does not hold is a `breach`. `values` and
`draws` make calls up, `episode` plays them, `fuzzer` does so at length, `shrink` finds the fewest and plainest calls
that show a breach, `require` the line that a tool lacks (`spelling` writes it in the language), and `report` tells
people and programs.
"""
