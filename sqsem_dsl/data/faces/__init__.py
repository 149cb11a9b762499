"""The synthetic faces: heads that are modelled, lit and rendered, with an image, a depth image and landmarks."""
