"""What the ears decide from a text alone: values in, values out, each answer with the words that decided."""
