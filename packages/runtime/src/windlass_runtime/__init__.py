"""What a container group runs: one model version behind TLS and a key. Standard library alone.

It is copied into the image of an environment and runs in that environment's own interpreter, so it must not ask for
any package that the environment may have in another version.
"""
