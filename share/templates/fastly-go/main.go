// @NAME@: an edge service for Fastly Compute.
package main

import (
	"context"
	"fmt"

	"github.com/fastly/compute-sdk-go/fsthttp"
)

func main() {
	fsthttp.ServeFunc(func(_ context.Context, w fsthttp.ResponseWriter, r *fsthttp.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if r.URL.Path != "/" {
			w.WriteHeader(fsthttp.StatusNotFound)
			fmt.Fprintln(w, "There is only / here.")
			return
		}
		fmt.Fprintln(w, "Hello, World!")
	})
}
