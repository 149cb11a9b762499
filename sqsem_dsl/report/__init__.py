"""Results for people: statistics of a study, pages for the terminal and the browser, diagrams of networks."""
