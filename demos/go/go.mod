module weir/demos

go 1.24

require github.com/stealthrocket/net v0.2.1

require github.com/fastly/compute-sdk-go v1.4.2
