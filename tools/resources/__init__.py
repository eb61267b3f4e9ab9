"""The reference of what each stack is made of: tables and pictures from a run of the program itself."""
