"""Alerts: who should know of what now, in the portal and by mail, and never twice."""
