// A registry in memory with the referrers API: that of go-containerregistry, listening at the address of the first argument.
package main

import (
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	if err := http.ListenAndServe(os.Args[1], registry.New(registry.WithReferrersSupport(true))); err != nil {
		panic(err)
	}
}
