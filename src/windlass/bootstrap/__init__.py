"""What an Azure subscription and a GitHub repository need once, before workflows can deploy stacks.

`settings` is what people write; `plan` decides, purely, on steps; `commands` and `report` show them; `perform` looks at
what there is and does the rest, through the ports.
"""
