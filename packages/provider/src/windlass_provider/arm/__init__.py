"""Azure Resource Manager: requests (`client`), long-running operations (`polling`), waits (`pace`)."""
