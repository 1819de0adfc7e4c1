"""The stored evidence that prescriptions help: fixes applied to sick runs, and the page about them."""
