"""The HTTP interfaces for programs, over the services."""
