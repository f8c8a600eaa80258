"""The queue's HTTP interface, from the caller's side. Standard library only."""
