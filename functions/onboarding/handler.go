package main

import (
	"context"
	"log/slog"
	"time"

	"clienteling/shared/apigw"
	"clienteling/shared/clienteling"
	"clienteling/shared/queue"
	"clienteling/shared/table"
	"clienteling/shared/twilio"
)

type function struct {
	log    *slog.Logger
	now    func() time.Time
	stage  clienteling.Stage
	table  *table.Table
	twilio registry
	jobs   jobs
	// accountSID is the Twilio account in which this stage files papers.
	accountSID string
}

// registry takes papers, and says what countries ask for.
type registry interface {
	Regulation(ctx context.Context, accountSID, country, numberType string) (twilio.Regulation, bool, error)
	UploadDocument(ctx context.Context, accountSID string, d twilio.DocumentUpload) (twilio.Document, error)
	FindDocument(ctx context.Context, accountSID, name string) (twilio.Document, bool, error)
	DeleteDocument(ctx context.Context, accountSID, sid string) error
}

// jobs takes the job of filing a registration.
type jobs interface {
	Send(ctx context.Context, job queue.SubmitRegistration) error
}

func (f function) routes() apigw.Routes {
	return apigw.Routes{
		"PUT /v1/onboarding":                                    f.enable,
		"GET /v1/onboarding":                                    f.progress,
		"GET /v1/countries":                                     f.countries,
		"GET /v1/countries/{country}":                           f.country,
		"PUT /v1/countries/{country}/registration":              f.draft,
		"POST /v1/countries/{country}/documents":                f.upload,
		"DELETE /v1/countries/{country}/documents/{documentId}": f.deleteDocument,
		"POST /v1/countries/{country}/submission":               f.submit,
	}
}

// maxFile is the largest paper, in bytes: what still fits into a request of Lambda
// once it is base64.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxFile = 4 << 20

// files are the routes that take a file.
var files = map[string]int{"POST /v1/countries/{country}/documents": maxFile}
