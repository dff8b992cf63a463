module votingapp.invalid/node-image/pause

go 1.26.0
