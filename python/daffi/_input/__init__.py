"""What users write is read and checked here, and quoted in errors: names, durations, points in time."""
