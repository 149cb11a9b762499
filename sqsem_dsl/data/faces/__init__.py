"""The synthetic faces: modelled, lit and rendered heads, with an image, a depth image and landmarks."""
