package network

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync"
	"time"
)

// authority is a certificate authority made for this process, and what it has
// signed. All are for the loopback address; only the fault is wrong.
type authority struct {
	pool *x509.CertPool

	valid, stranger, other, expired tls.Certificate
}

func (a authority) right() tls.Certificate     { return a.valid }
func (a authority) unknown() tls.Certificate   { return a.stranger }
func (a authority) wrongHost() tls.Certificate { return a.other }
func (a authority) outdated() tls.Certificate  { return a.expired }

var certificates = sync.OnceValue(func() authority {
	year := 365 * 24 * time.Hour
	now := time.Now()
	root, rootKey := makeCertificate(nil, nil, now.Add(-time.Hour), now.Add(year), "127.0.0.1")
	unknown, unknownKey := makeCertificate(nil, nil, now.Add(-time.Hour), now.Add(year), "127.0.0.1")
	a := authority{pool: x509.NewCertPool()}
	a.pool.AddCert(root)
	leaf := func(ca *x509.Certificate, key *ecdsa.PrivateKey, from, to time.Time, host string) tls.Certificate {
		c, k := makeCertificate(ca, key, from, to, host)
		return tls.Certificate{Certificate: [][]byte{c.Raw, ca.Raw}, PrivateKey: k, Leaf: c}
	}
	a.valid = leaf(root, rootKey, now.Add(-time.Hour), now.Add(year), "127.0.0.1")
	a.stranger = leaf(unknown, unknownKey, now.Add(-time.Hour), now.Add(year), "127.0.0.1")
	a.other = leaf(root, rootKey, now.Add(-time.Hour), now.Add(year), "127.0.0.2")
	a.expired = leaf(root, rootKey, now.Add(-year), now.Add(-time.Hour), "127.0.0.1")
	return a
})

// makeCertificate makes a certificate for one IP address, signed by ca; a nil ca
// makes an authority.
func makeCertificate(ca *x509.Certificate, caKey *ecdsa.PrivateKey, from, to time.Time, host string) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic("network: " + err.Error())
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		panic("network: " + err.Error())
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "guichet test " + serial.String()},
		NotBefore: from, NotAfter: to, IPAddresses: []net.IP{net.ParseIP(host)},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ca == nil {
		template.IsCA, template.BasicConstraintsValid = true, true
		template.KeyUsage |= x509.KeyUsageCertSign
		template.IPAddresses, template.ExtKeyUsage = nil, nil
		ca, caKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, &key.PublicKey, caKey)
	if err != nil {
		panic("network: " + err.Error())
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		panic("network: " + err.Error())
	}
	return made, key
}

// presenting is a server configuration with one certificate.
func presenting(pick func(authority) tls.Certificate) func() *tls.Config {
	return func() *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{pick(certificates())}, MinVersion: tls.VersionTLS12}
	}
}
