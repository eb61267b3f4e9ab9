"""Puts machine learning models into service on Azure: provision, release, score, watch."""
