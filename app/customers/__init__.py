"""Who asks: people outside, one person across networks."""
