"""dispatch (指挥): who must act, and by when?"""
