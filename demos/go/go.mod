module weir/demos

go 1.24
