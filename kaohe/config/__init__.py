"""This year's office: who is assessed, by whom, when, where files lie, which readings hold."""
