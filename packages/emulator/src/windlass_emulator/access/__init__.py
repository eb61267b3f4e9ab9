"""Who may do what: roles, what they grant, who holds them, and the checks of callers and of the service itself.

`permissions`, `actions` and `linked` decide and know nothing of requests; `authorizer` finds what a principal holds;
`gate` stands on the one way of a request; `service` is what the service does in the name of an identity.
"""
