// A KMS plugin made of Sigstore's own helpers and signers: pemfile:///PATH is a private key in PEM at that path.
package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/sigstore/sigstore/pkg/signature/kms/cliplugin/common"
	"github.com/sigstore/sigstore/pkg/signature/kms/cliplugin/handler"
)

const algorithm = "ecdsa-p256"

// key signs as Sigstore does with a key of its own; nil inside before the key is made.
type key struct {
	signature.SignerVerifier
	path string
}

func (key) DefaultAlgorithm() string { return algorithm }

func (key) SupportedAlgorithms() []string { return []string{algorithm} }

func (key) CryptoSigner(context.Context, func(error)) (crypto.Signer, crypto.SignerOpts, error) {
	return nil, nil, errors.New("not part of the protocol")
}

func (k key) CreateKey(_ context.Context, wanted string) (crypto.PublicKey, error) {
	if wanted != algorithm {
		return nil, fmt.Errorf("no algorithm %s", wanted)
	}
	made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	pem, err := cryptoutils.MarshalPrivateKeyToPEM(made)
	if err != nil {
		return nil, err
	}
	return made.Public(), os.WriteFile(k.path, pem, 0o600)
}

func load(options *common.InitOptions, method string) (key, error) {
	k := key{path: options.KeyResourceID}
	if method == common.CreateKeyMethodName || method == common.DefaultAlgorithmMethodName || method == common.SupportedAlgorithmsMethodName {
		return k, nil
	}
	signer, err := signature.LoadSignerVerifierFromPEMFile(k.path, options.HashFunc, cryptoutils.SkipPassword)
	k.SignerVerifier = signer
	return k, err
}

func main() {
	args, err := handler.GetPluginArgs(os.Args)
	if err == nil && os.Args[1] != common.ProtocolVersion {
		err = fmt.Errorf("protocol %s is not known", os.Args[1])
	}
	var k key
	if err == nil {
		k, err = load(args.InitOptions, args.MethodName)
	}
	if err == nil {
		_, err = handler.Dispatch(os.Stdout, os.Stdin, args, k)
	} else {
		err = errors.Join(err, handler.WriteErrorResponse(os.Stdout, err))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
