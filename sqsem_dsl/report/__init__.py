"""Results for users: statistics of a study, pages for the terminal and the browser, diagrams of networks."""
