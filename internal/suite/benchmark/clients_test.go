package benchmark

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/guichetpay/guichet"
)

// The clients by hand, one for each provider.

type lygosGateway struct {
	ID          string    `json:"id"`
	Amount      int64     `json:"amount"`
	Currency    string    `json:"currency"`
	ShopName    string    `json:"shop_name"`
	Message     string    `json:"message"`
	UserID      string    `json:"user_id"`
	UserCountry string    `json:"user_country"`
	CreatedAt   time.Time `json:"creation_date"`
	Link        string    `json:"link"`
	OrderID     string    `json:"order_id"`
	SuccessURL  string    `json:"success_url"`
	FailureURL  string    `json:"failure_url"`
}

func (g *lygosGateway) payment() *guichet.Payment {
	return &guichet.Payment{
		ID: g.OrderID, Reference: g.OrderID, Provider: "lygos", Status: guichet.StatusPending,
		Amount: guichet.NewMoney(g.Amount, guichet.Currency(g.Currency)), CheckoutURL: g.Link, CreatedAt: g.CreatedAt,
	}
}

func lygosRefusal(e *handError, body []byte) {
	var w struct {
		Detail struct {
			Message string `json:"message"`
			Type    string `json:"type"`
		} `json:"detail"`
	}
	if json.Unmarshal(body, &w) == nil {
		e.Code, e.Message = w.Detail.Type, w.Detail.Message
	}
	if e.Code == "API_KEY_NOT_FOUND" {
		e.Kind = guichet.ErrUnauthorized
	}
}

func (h *hand) lygosCreate(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	var g lygosGateway
	raw, err := h.call(ctx, http.MethodPost, h.base+"/gateway", "", struct {
		Amount     int64  `json:"amount"`
		ShopName   string `json:"shop_name"`
		OrderID    string `json:"order_id"`
		Message    string `json:"message,omitempty"`
		SuccessURL string `json:"success_url,omitempty"`
		FailureURL string `json:"failure_url,omitempty"`
	}{req.Amount.Minor, "Mon Magasin", req.Reference, req.Description, req.SuccessURL, req.CancelURL}, &g, lygosRefusal)
	if err != nil {
		return nil, err
	}
	p := g.payment()
	p.Raw = raw
	return p, nil
}

func (h *hand) lygosGet(ctx context.Context, id string) (*guichet.Payment, error) {
	var w struct {
		OrderID string `json:"order_id"`
		Status  string `json:"status"`
	}
	raw, err := h.call(ctx, http.MethodGet, h.base+"/gateway/payin/"+url.PathEscape(id), "", nil, &w, lygosRefusal)
	if err != nil {
		return nil, err
	}
	return &guichet.Payment{ID: id, Reference: w.OrderID, Provider: "lygos", Status: status(w.Status), ProviderStatus: w.Status, Raw: raw}, nil
}

func (h *hand) lygosList(ctx context.Context) (*guichet.Page, error) {
	var list []json.RawMessage
	if _, err := h.call(ctx, http.MethodGet, h.base+"/gateway", "", nil, &list, lygosRefusal); err != nil {
		return nil, err
	}
	return page[lygosGateway](list)
}

// page reads the items of a list, and keeps a copy of each as Payment.Raw is.
func page[T any, P interface {
	*T
	payment() *guichet.Payment
}](list []json.RawMessage) (*guichet.Page, error) {
	page := &guichet.Page{Payments: make([]*guichet.Payment, 0, len(list))}
	for _, raw := range list {
		var item T
		if err := json.Unmarshal(raw, &item); err != nil {
			return nil, err
		}
		payment := P(&item).payment()
		payment.Raw = raw
		page.Payments = append(page.Payments, payment)
	}
	return page, nil
}

func status(word string) guichet.Status {
	switch word {
	case "success", "completed", "succeeded", "paid":
		return guichet.StatusSucceeded
	case "pending", "open", "created", "processing":
		return guichet.StatusPending
	case "failed", "error":
		return guichet.StatusFailed
	case "expired":
		return guichet.StatusExpired
	}
	return guichet.StatusUnknown
}

type lomiSession struct {
	ID                    string            `json:"checkout_session_id"`
	URL                   string            `json:"checkout_url"`
	Status                string            `json:"status"`
	Amount                int64             `json:"amount"`
	CurrencyCode          string            `json:"currency_code"`
	ExpiresAt             time.Time         `json:"expires_at"`
	Title                 string            `json:"title"`
	Description           string            `json:"description"`
	CustomerID            string            `json:"customer_id"`
	CustomerEmail         string            `json:"customer_email"`
	CustomerName          string            `json:"customer_name"`
	CustomerPhone         string            `json:"customer_phone"`
	ProductID             string            `json:"product_id"`
	PriceID               string            `json:"price_id"`
	SubscriptionID        string            `json:"subscription_id"`
	Quantity              int64             `json:"quantity"`
	AllowCouponCode       bool              `json:"allow_coupon_code"`
	AllowQuantity         bool              `json:"allow_quantity"`
	RequireBillingAddress bool              `json:"require_billing_address"`
	SuccessURL            string            `json:"success_url"`
	CancelURL             string            `json:"cancel_url"`
	PaymentLinkID         string            `json:"payment_link_id"`
	PaymentRequestID      string            `json:"payment_request_id"`
	InstallmentPlanID     string            `json:"installment_plan_id"`
	IsPOS                 bool              `json:"is_pos"`
	IsSPI                 bool              `json:"is_spi"`
	QRCodeType            string            `json:"qr_code_type"`
	QRCodeData            json.RawMessage   `json:"qr_code_data"`
	SPIAccountNumber      string            `json:"spi_account_number"`
	SPIQRCodeID           string            `json:"spi_qr_code_id"`
	Metadata              map[string]string `json:"metadata"`
	Environment           string            `json:"environment"`
	OrganizationID        string            `json:"organization_id"`
	CreatedBy             string            `json:"created_by"`
	CreatedAt             time.Time         `json:"created_at"`
	UpdatedAt             time.Time         `json:"updated_at"`
}

func (s *lomiSession) payment() *guichet.Payment {
	return &guichet.Payment{
		ID: s.ID, Reference: s.Metadata["order_id"], Provider: "lomi", Status: status(s.Status), ProviderStatus: s.Status,
		Amount: guichet.NewMoney(s.Amount, guichet.Currency(s.CurrencyCode)), CheckoutURL: s.URL, CreatedAt: s.CreatedAt, ExpiresAt: s.ExpiresAt,
	}
}

func lomiRefusal(e *handError, body []byte) {
	var w struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
		RequestID string `json:"request_id"`
	}
	if json.Unmarshal(body, &w) == nil {
		e.Code, e.Message = w.Error.Code, w.Error.Message
	}
}

func (h *hand) lomiCreate(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	var s lomiSession
	raw, err := h.call(ctx, http.MethodPost, h.base+"/checkout-sessions", req.Reference, struct {
		Amount       int64             `json:"amount"`
		CurrencyCode string            `json:"currency_code"`
		Description  string            `json:"description,omitempty"`
		SuccessURL   string            `json:"success_url,omitempty"`
		CancelURL    string            `json:"cancel_url,omitempty"`
		Metadata     map[string]string `json:"metadata"`
	}{req.Amount.Minor, string(req.Amount.Currency), req.Description, req.SuccessURL, req.CancelURL, map[string]string{"order_id": req.Reference}}, &s, lomiRefusal)
	if err != nil {
		return nil, err
	}
	p := s.payment()
	p.Raw = raw
	return p, nil
}

func (h *hand) lomiGet(ctx context.Context, id string) (*guichet.Payment, error) {
	var s lomiSession
	raw, err := h.call(ctx, http.MethodGet, h.base+"/checkout-sessions/"+url.PathEscape(id), "", nil, &s, lomiRefusal)
	if err != nil {
		return nil, err
	}
	p := s.payment()
	p.Raw = raw
	return p, nil
}

func (h *hand) lomiList(ctx context.Context) (*guichet.Page, error) {
	var w struct {
		Data       []json.RawMessage `json:"data"`
		HasMore    bool              `json:"has_more"`
		NextCursor string            `json:"next_cursor"`
	}
	if _, err := h.call(ctx, http.MethodGet, h.base+"/checkout-sessions?limit=100", "", nil, &w, lomiRefusal); err != nil {
		return nil, err
	}
	return page[lomiSession](w.Data)
}

type ligdicashAnswer struct {
	ResponseCode string `json:"response_code"`
	Token        string `json:"token"`
	ResponseText string `json:"response_text"`
	Description  string `json:"description"`
	Wiki         string `json:"wiki"`
	Date         string `json:"date"`
	Status       string `json:"status"`
	Amount       int64  `json:"amount"`
	Montant      int64  `json:"montant"`
	Customer     string `json:"customer"`
	ORef         string `json:"oreference"`
	RequestID    string `json:"request_id"`
	ExternalID   string `json:"external_id"`
	OperatorID   string `json:"operator_id"`
	OperatorName string `json:"operator_name"`
	CustomData   []struct {
		Key   string `json:"keyof_customdata"`
		Value string `json:"valueof_customdata"`
		Date  string `json:"datecreation_customdata"`
	} `json:"custom_data"`
	Details struct {
		Email     string `json:"email"`
		Phone     string `json:"phone"`
		Details   string `json:"details"`
		LastName  string `json:"lastname"`
		FirstName string `json:"firstname"`
	} `json:"customer_details"`
}

// refused is LigdiCash's refusal, which has the status of a success.
func (a *ligdicashAnswer) refused(raw []byte) error {
	if a.ResponseCode == "00" {
		return nil
	}
	return &handError{Kind: guichet.ErrNotFound, Status: http.StatusOK, Code: a.ResponseCode, Message: a.ResponseText, Raw: raw}
}

func noRefusal(*handError, []byte) {}

func (h *hand) ligdicashCreate(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	type invoice struct {
		Items       []struct{} `json:"items"`
		TotalAmount int64      `json:"total_amount"`
		Devise      string     `json:"devise"`
		Description string     `json:"description"`
		Customer    string     `json:"customer"`
		FirstName   string     `json:"customer_firstname"`
		LastName    string     `json:"customer_lastname"`
		Email       string     `json:"customer_email"`
		ExternalID  string     `json:"external_id"`
		OTP         string     `json:"otp"`
	}
	type store struct {
		Name string `json:"name"`
		URL  string `json:"website_url"`
	}
	type actions struct {
		Cancel   string `json:"cancel_url"`
		Return   string `json:"return_url"`
		Callback string `json:"callback_url"`
	}
	type commande struct {
		Invoice    invoice           `json:"invoice"`
		Store      store             `json:"store"`
		Actions    actions           `json:"actions"`
		CustomData map[string]string `json:"custom_data"`
	}
	var a ligdicashAnswer
	raw, err := h.call(ctx, http.MethodPost, h.base+"/pay/v01/redirect/checkout-invoice/create", "", struct {
		Commande commande `json:"commande"`
	}{commande{
		invoice{Items: []struct{}{}, TotalAmount: req.Amount.Minor, Devise: "XOF", Description: req.Description},
		store{"MonApp", "https://monapp.com"}, actions{req.CancelURL, req.SuccessURL, req.CallbackURL},
		map[string]string{"transaction_id": req.Reference},
	}}, &a, noRefusal)
	if err != nil {
		return nil, err
	}
	if err := a.refused(raw); err != nil {
		return nil, err
	}
	return &guichet.Payment{
		ID: a.Token, Reference: req.Reference, Provider: "ligdicash", Status: guichet.StatusPending,
		CheckoutURL: a.ResponseText, Raw: raw,
	}, nil
}

func (h *hand) ligdicashGet(ctx context.Context, token string) (*guichet.Payment, error) {
	var a ligdicashAnswer
	raw, err := h.call(ctx, http.MethodGet, h.base+"/pay/v01/redirect/checkout-invoice/confirm/?invoiceToken="+url.QueryEscape(token), "", nil, &a, noRefusal)
	if err != nil {
		return nil, err
	}
	if err := a.refused(raw); err != nil {
		return nil, err
	}
	p := &guichet.Payment{
		ID: token, Provider: "ligdicash", Status: status(a.Status), ProviderStatus: a.Status,
		Amount: guichet.NewMoney(a.Amount, guichet.XOF), Raw: raw,
	}
	for _, record := range a.CustomData {
		if record.Key == "transaction_id" {
			p.Reference = record.Value
		}
	}
	return p, nil
}

type caurisfluxPayment struct {
	TransactionID     string    `json:"transactionId"`
	ExternalReference string    `json:"externalReference"`
	Type              string    `json:"type"`
	Status            string    `json:"status"`
	Amount            int64     `json:"amount"`
	Currency          string    `json:"currency"`
	RedirectURL       string    `json:"redirectUrl"`
	CreatedAt         time.Time `json:"createdAt"`
	ExpiresAt         time.Time `json:"expiresAt"`
}

func (p *caurisfluxPayment) payment() *guichet.Payment {
	return &guichet.Payment{
		ID: p.TransactionID, Reference: p.ExternalReference, Provider: "caurisflux", Status: status(p.Status), ProviderStatus: p.Status,
		Amount: guichet.NewMoney(p.Amount, guichet.Currency(p.Currency)), CheckoutURL: p.RedirectURL, CreatedAt: p.CreatedAt, ExpiresAt: p.ExpiresAt,
	}
}

type caurisfluxAnswer struct {
	Success bool              `json:"success"`
	Data    caurisfluxPayment `json:"data"`
}

func caurisfluxRefusal(e *handError, body []byte) {
	var w struct {
		StatusCode int    `json:"statusCode"`
		Message    string `json:"message"`
		Error      string `json:"error"`
	}
	if json.Unmarshal(body, &w) == nil {
		e.Code, e.Message = w.Error, w.Message
	}
}

func (h *hand) caurisfluxCreate(ctx context.Context, req guichet.PaymentRequest) (*guichet.Payment, error) {
	var a caurisfluxAnswer
	raw, err := h.call(ctx, http.MethodPost, h.base+"/payments/initiate", req.Reference, struct {
		Type        string `json:"type"`
		Amount      int64  `json:"amount"`
		Currency    string `json:"currency"`
		Reference   string `json:"externalReference"`
		Description string `json:"description,omitempty"`
		CallbackURL string `json:"callbackUrl,omitempty"`
		ReturnURL   string `json:"returnUrl,omitempty"`
	}{"checkout", req.Amount.Minor, string(req.Amount.Currency), req.Reference, req.Description, req.CallbackURL, req.SuccessURL}, &a, caurisfluxRefusal)
	if err != nil {
		return nil, err
	}
	p := a.Data.payment()
	p.Raw = raw
	return p, nil
}

func (h *hand) caurisfluxGet(ctx context.Context, id string) (*guichet.Payment, error) {
	var a caurisfluxAnswer
	raw, err := h.call(ctx, http.MethodGet, h.base+"/payments/status/"+url.PathEscape(id), "", nil, &a, caurisfluxRefusal)
	if err != nil {
		return nil, err
	}
	p := a.Data.payment()
	p.Raw = raw
	return p, nil
}

func (h *hand) caurisfluxList(ctx context.Context) (*guichet.Page, error) {
	var w struct {
		Data []json.RawMessage `json:"data"`
		Meta struct {
			Total      int `json:"total"`
			Page       int `json:"page"`
			Limit      int `json:"limit"`
			TotalPages int `json:"totalPages"`
		} `json:"meta"`
	}
	if _, err := h.call(ctx, http.MethodGet, h.base+"/payments?limit=100", "", nil, &w, caurisfluxRefusal); err != nil {
		return nil, err
	}
	return page[caurisfluxPayment](w.Data)
}
