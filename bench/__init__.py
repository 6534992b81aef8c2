"""Benchmarks: `python -m bench` prints how long awmc takes, beside a floor of the same run and the target."""
