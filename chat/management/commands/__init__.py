"""One module per management command. The file name is the name of the command."""
