"""Who is told what, how often, and when a mail may leave: values in, values out."""
