"""``python -m broadsheet`` is the command ``broadsheet``."""

from broadsheet.cli.main import main

main(prog_name="broadsheet")
