"""Every textbook phenomenon of alignment, made with the app's own trainers and measured.

lab -> labels, behaviour -> one file a phenomenon -> catalogue -> results -> the pocket model's card
"""
