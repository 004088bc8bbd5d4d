"""The life of the process: its one Global and the settings of that, signals, forked children, the end."""
