"""The table of resource types: data in `table.json`, its types in `model`, its loader in `load`."""
