"""Azure Machine Learning on the local Azure."""
