"""`python -m awmc`: the command line."""

from awmc.cli import main

if __name__ == "__main__":
    main()
