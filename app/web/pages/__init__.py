"""The pages: one module per area, each view reads a form, calls one verb or query, and renders."""
