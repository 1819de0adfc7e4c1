"""The objects of the Python API in a notebook: HTML fragments and Plotly figures."""
