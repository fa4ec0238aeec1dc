// Reads the provenance in a file as slsa-verifier does after it has verified a signature: strictly, by the build type of
// GitHub's workflows. Prints builder id and source. It lies inside slsa-verifier's own module while it runs, because the
// parser is internal to that.
package main

import (
	"fmt"
	"os"

	"github.com/slsa-framework/slsa-verifier/v2/verifiers/internal/gha/slsaprovenance"
	"github.com/slsa-framework/slsa-verifier/v2/verifiers/internal/gha/slsaprovenance/common"
	"github.com/slsa-framework/slsa-verifier/v2/verifiers/utils"
)

func main() {
	if err := printProvenance(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func printProvenance(path string) error {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	envelope, err := utils.EnvelopeFromBytes(bytes)
	if err != nil {
		return err
	}
	// The builder would come out of a certificate; it decides which build types may be read.
	provenance, err := slsaprovenance.ProvenanceFromEnvelope(common.BCRReleaserBuilderID, envelope)
	if err != nil {
		return err
	}
	builder, err := provenance.BuilderID()
	if err != nil {
		return err
	}
	source, err := provenance.SourceURI()
	if err != nil {
		return err
	}
	fmt.Printf("%s\n%s\n", builder, source)
	return nil
}
