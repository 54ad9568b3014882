"""What the brand's day adds up to: reads every table, writes none."""
