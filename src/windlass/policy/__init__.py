"""What a stack is held to: pure rules over the resources that a program declares, and the pack that the engine runs."""
