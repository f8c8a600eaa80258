"""MobileSD Queue: hands what is on Forge's page over to a queue."""

__version__ = "0.1.0"
