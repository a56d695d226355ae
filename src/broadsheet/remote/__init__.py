"""The services of a library that another machine serves."""

from broadsheet.remote.services import open_remote, refuse_remote

__all__ = ["open_remote", "refuse_remote"]
