// An edge service for Fastly Compute: answers every request with the same greeting.
package main

import (
	"context"
	"io"
	"log"

	"github.com/fastly/compute-sdk-go/fsthttp"
)

func main() {
	fsthttp.ServeFunc(func(_ context.Context, w fsthttp.ResponseWriter, _ *fsthttp.Request) {
		if _, err := io.WriteString(w, "Hello World!\n"); err != nil {
			log.Print(err)
		}
	})
}
