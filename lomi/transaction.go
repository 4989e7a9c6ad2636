package lomi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/guichetpay/guichet"
	"github.com/guichetpay/guichet/internal/redact"
	"github.com/guichetpay/guichet/internal/request"
	"github.com/guichetpay/guichet/internal/transport"
)

// TransactionStatus is lomi.'s word for the state of a transaction. It is an
// open set.
type TransactionStatus string

// The states of a transaction that lomi. documents.
const (
	TransactionPending   TransactionStatus = "pending"
	TransactionHeld      TransactionStatus = "held" // paid, and under risk review: not yet the merchant's
	TransactionCompleted TransactionStatus = "completed"
	TransactionFailed    TransactionStatus = "failed"
	TransactionCancelled TransactionStatus = "cancelled"
	TransactionExpired   TransactionStatus = "expired"
	TransactionRefunded  TransactionStatus = "refunded"
)

// TransactionType says what a transaction is. It is an open set.
type TransactionType string

// The types that lomi. names.
const (
	TypePayment    TransactionType = "payment"
	TypeRefund     TransactionType = "refund"
	TypePayout     TransactionType = "payout"
	TypeInstalment TransactionType = "instalment"
)

// ProviderCode is who moved the money behind lomi. It is an open set.
type ProviderCode string

// The providers that lomi. names.
const (
	ProviderWave        ProviderCode = "WAVE"
	ProviderJumbo       ProviderCode = "JUMBO"
	ProviderMTN         ProviderCode = "MTN"
	ProviderStripe      ProviderCode = "STRIPE"
	ProviderSPI         ProviderCode = "SPI"
	ProviderCybersource ProviderCode = "CYBERSOURCE"
	ProviderFree        ProviderCode = "FREE"
	ProviderCard        ProviderCode = "CARD" // in filters only: whichever takes cards
)

// PaymentMethod is how the customer paid. It is an open set.
type PaymentMethod string

// The methods that lomi. names.
const (
	MethodCards        PaymentMethod = "CARDS"
	MethodMobileMoney  PaymentMethod = "MOBILE_MONEY"
	MethodBankTransfer PaymentMethod = "BANK_TRANSFER"
	MethodBNPL         PaymentMethod = "BNPL" // buy now, pay later
	MethodFree         PaymentMethod = "FREE"
)

// Transaction is one movement of money. It names neither the payment link nor
// the checkout session that it came from; Metadata is what ties it to an order.
//
// Every member may be missing from an answer. Printed forms show neither the
// bank account nor Raw.
type Transaction struct {
	ID             string            `json:"transaction_id" also:"id"`
	PublicID       string            `json:"public_id"` // txn_…; API 1.2.0 only
	OrganizationID string            `json:"organization_id"`
	CustomerID     string            `json:"customer_id"`
	ProductID      string            `json:"product_id"`
	SubscriptionID string            `json:"subscription_id"`
	PriceID        string            `json:"price_id"`
	Type           TransactionType   `json:"transaction_type" also:"type"` // one of lomi.'s pages calls it type
	Status         guichet.Status    `json:"-"`                            // StatusUnknown for a word that is not known
	ProviderStatus TransactionStatus `json:"status"`                       // verbatim
	Description    string            `json:"description"`
	Quantity       guichet.Number    `json:"quantity"`
	Metadata       json.RawMessage   `json:"metadata" redact:"true"`

	CurrencyCode   guichet.Currency `json:"currency_code"`
	GrossAmount    guichet.Number   `json:"gross_amount"`     // what the customer paid, in minor units of CurrencyCode
	DiscountAmount guichet.Number   `json:"discount_amount"`  // minor units
	FeeAmount      guichet.Number   `json:"fee_amount"`       // lomi.'s, in minor units
	NetAmount      guichet.Number   `json:"net_amount"`       // what the merchant gets, in minor units
	RefundedAmount guichet.Number   `json:"refunded_amount"`  // so far, in minor units; API 1.2.0 only
	GrossAmountXOF guichet.Number   `json:"gross_amount_xof"` // francs; API 1.2.0 only

	ProviderCode  ProviderCode  `json:"provider_code"`
	PaymentMethod PaymentMethod `json:"payment_method_code"`
	IsBNPL        *bool         `json:"is_bnpl"` // nil: lomi. did not say
	IsPOS         *bool         `json:"is_pos"`  // at a till; nil: lomi. did not say

	// Of an instant transfer between banks (SPI).
	SPITransactionID   string            `json:"spi_tx_id"`
	SPIAccountNumber   string            `json:"spi_account_number" redact:"true"`
	SPIPaymentCategory string            `json:"spi_payment_category"`
	SPIPaymentStatus   string            `json:"spi_payment_status"`
	SPISentAt          guichet.Timestamp `json:"spi_date_envoi"`
	SPIIrrevocableAt   guichet.Timestamp `json:"spi_date_irrevocabilite"`

	Environment string            `json:"environment"` // "test" or "live"
	CreatedAt   guichet.Timestamp `json:"created_at"`
	UpdatedAt   guichet.Timestamp `json:"updated_at"`
	Raw         json.RawMessage   `json:"-" redact:"true"` // the object as it came
}

// Gross returns what the customer paid. ok is false when lomi. did not say, or
// when the amount is not a whole number of minor units of a known currency.
func (t *Transaction) Gross() (amount guichet.Money, ok bool) {
	return t.GrossAmount.Minor(t.CurrencyCode)
}

func (t *Transaction) finish(_ layers, raw json.RawMessage) error {
	t.Status, t.Raw = statusIn(transactionWords, t.ProviderStatus), raw
	return nil
}

// Format prints the transaction without the bank account, metadata and Raw.
func (t Transaction) Format(s fmt.State, verb rune) { redact.Format(s, verb, t) }

// LogValue is what slog shows of the transaction; see Format.
func (t Transaction) LogValue() slog.Value { return redact.LogValue(t) }

// TransactionFilter chooses transactions; the zero value chooses all. Values of
// one field are alternatives, fields narrow each other.
type TransactionFilter struct {
	Statuses       []TransactionStatus
	Types          []TransactionType
	Providers      []ProviderCode
	PaymentMethods []PaymentMethod
	Currencies     []guichet.Currency
	From, To       time.Time // zero: not bounded
	IsPOS          *bool     // nil: both
	Limit          int       // per page, 1 to 100; 0: lomi.'s default
	Cursor         string    // Page.Next of the page before; empty: the first page
}

// Receipt says where the receipt of a transaction can be fetched. Who holds a
// link can read it: printed forms show none.
type Receipt struct {
	HostedURL   string            `json:"hosted_url" redact:"true"`   // a page; empty: none that a customer may be sent to
	DownloadURL string            `json:"download_url" redact:"true"` // the file; empty: none
	Filename    string            `json:"filename"`
	MIMEType    string            `json:"mime_type"`
	ExpiresAt   guichet.Timestamp `json:"expires_at"` // of the links
	Raw         json.RawMessage   `json:"-" redact:"true"`
}

func (r *Receipt) finish(_ layers, raw json.RawMessage) error {
	r.Raw = raw
	return nil
}

// Format prints the receipt without its links.
func (r Receipt) Format(s fmt.State, verb rune) { redact.Format(s, verb, r) }

// LogValue is what slog shows of the receipt; see Format.
func (r Receipt) LogValue() slog.Value { return redact.LogValue(r) }

// ListTransactions returns one page of transactions (GET /transactions).
func (c *Client) ListTransactions(ctx context.Context, filter TransactionFilter) (*Page[Transaction], error) {
	const op = "ListTransactions"
	query := url.Values{}
	err := c.check(op,
		alternatives(query, "status", "Statuses", filter.Statuses),
		alternatives(query, "type", "Types", filter.Types),
		alternatives(query, "provider", "Providers", filter.Providers),
		alternatives(query, "paymentMethod", "PaymentMethods", filter.PaymentMethods),
		alternatives(query, "currency", "Currencies", filter.Currencies),
	)
	if err != nil {
		return nil, err
	}
	setQuery(query, "startDate", dateTime(filter.From))
	setQuery(query, "endDate", dateTime(filter.To))
	if filter.IsPOS != nil {
		query.Set("isPos", strconv.FormatBool(*filter.IsPOS))
	}
	call := &transport.Call{Op: op, Route: "/transactions", Query: query}
	return nativePage(ctx, c, call, &transactions, "transactions", filter.Limit, filter.Cursor)
}

// alternatives writes the values of a filter as lomi. takes them, separated by
// commas.
func alternatives[S ~string](query url.Values, name, field string, values []S) request.Field {
	words := make([]string, len(values))
	for i, value := range values {
		if problem := wordProblem(string(value)); problem != "" {
			return request.Field{Name: field, Problem: problem}
		}
		words[i] = string(value)
	}
	setQuery(query, name, strings.Join(words, ","))
	return request.Field{}
}

// GetTransaction returns one transaction (GET /transactions/{id}). id is a UUID
// or, in API 1.2.0, also txn_….
func (c *Client) GetTransaction(ctx context.Context, id string) (*Transaction, error) {
	call := &transport.Call{Op: "GetTransaction", Route: "/transactions/{transaction_id}", Args: []string{id}}
	return getOne(ctx, c, call, &transactions)
}

// TransactionReceipt returns the links to the receipt of a transaction (GET
// /transactions/{id}/receipt.pdf, which despite its name answers JSON). API 1.2.0 only.
// A receipt without any usable link is [guichet.ErrBadResponse].
func (c *Client) TransactionReceipt(ctx context.Context, id string) (*Receipt, error) {
	call := &transport.Call{Op: "TransactionReceipt", Method: http.MethodGet, Route: "/transactions/{transaction_id}/receipt.pdf", Args: []string{id}}
	return doOne(ctx, c, call, &receipts, func(r *Receipt, _ layers) error {
		r.HostedURL, r.DownloadURL = c.t.CheckoutURL(r.HostedURL), c.t.CheckoutURL(r.DownloadURL)
		if r.HostedURL == "" && r.DownloadURL == "" {
			return errors.New("the answer has no usable link")
		}
		return nil
	})
}

// CustomerTransactionFilter chooses the page of [Client.ListCustomerTransactions].
type CustomerTransactionFilter struct {
	Limit  int    // 1 to 100; 0: lomi.'s default
	Cursor string // Page.Next of the page before; empty: the first page
}

// ListCustomerTransactions returns one page of a customer's transactions (GET
// /customers/{id}/transactions).
func (c *Client) ListCustomerTransactions(ctx context.Context, customerID string, filter CustomerTransactionFilter) (*Page[Transaction], error) {
	call := &transport.Call{
		Op:    "ListCustomerTransactions",
		Route: "/customers/{customer_id}/transactions", Args: []string{customerID},
	}
	return nativePage(ctx, c, call, &transactions, "transactions", filter.Limit, filter.Cursor)
}
