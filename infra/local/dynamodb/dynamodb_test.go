//go:build unix

package dynamodb_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"clienteling/infra/local/dynamodb"
	"clienteling/infra/local/npm"
	"clienteling/infra/local/template"
)

const modules = "../node_modules"

// TestMain installs what the tests run: dynoxide always, AWS's DynamoDB Local where
// its licence is accepted, as on CI, by which it then has to be there.
func TestMain(m *testing.M) {
	folders := []string{".."}
	if inCI {
		folders = append(folders, "dynamodb-local")
	}
	for _, folder := range folders {
		if _, err := npm.Install(context.Background(), folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

var inCI = os.Getenv("CI") == "true"

var table = template.Table{
	LogicalID: "Table", Name: "clienteling",
	Key: template.Key{Hash: "pk", Range: "sk"},
	Indexes: []template.Index{
		{Name: "GSI1", Key: template.Key{Hash: "gsi1pk", Range: "gsi1sk"}, Projection: "ALL"},
		{Name: "GSI2", Key: template.Key{Hash: "gsi2pk", Range: "sk"}, Projection: "INCLUDE", NonKeyAttributes: []string{"b", "a"}},
		{Name: "GSI3", Key: template.Key{Hash: "gsi2pk"}, Projection: "KEYS_ONLY"},
	},
	TTLAttribute: "expiresAt",
}

func start(t *testing.T, o dynamodb.Options) *dynamodb.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s, err := dynamodb.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// engines runs a test on each engine; DynamoDB Local only where it is installed,
// because to install it is to accept its licence.
func engines(t *testing.T, test func(t *testing.T, o dynamodb.Options)) {
	for _, o := range []dynamodb.Options{
		{Engine: dynamodb.Dynoxide, Modules: modules},
		{Engine: dynamodb.DynamoDBLocal, Modules: "dynamodb-local/node_modules"},
	} {
		t.Run(string(o.Engine), func(t *testing.T) {
			t.Parallel()
			if err := dynamodb.Available(o.Engine, o.Modules); err != nil {
				if inCI || o.Engine == dynamodb.Dynoxide && runtime.GOOS+runtime.GOARCH == "linuxamd64" {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			test(t, o)
		})
	}
}

func TestTableSurvivesKill(t *testing.T) {
	engines(t, func(t *testing.T, o dynamodb.Options) {
		o.File = filepath.Join(t.TempDir(), "state", "db")
		s := start(t, o)
		for range 2 { // the second time it is there already
			if err := dynamodb.CreateTable(t.Context(), s.Endpoint(), table); err != nil {
				t.Fatal(err)
			}
		}
		client := dynamodb.Client(s.Endpoint())
		item := map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "P"}, "sk": &types.AttributeValueMemberS{Value: "S"},
			"gsi1pk": &types.AttributeValueMemberS{Value: "I"}, "gsi1sk": &types.AttributeValueMemberS{Value: "J"},
		}
		if _, err := client.PutItem(t.Context(), &sdk.PutItemInput{TableName: aws.String(table.Name), Item: item}); err != nil {
			t.Fatal(err)
		}
		_ = syscall.Kill(s.PID(), syscall.SIGKILL)
		<-s.Done()

		s = start(t, o)
		if err := dynamodb.CreateTable(t.Context(), s.Endpoint(), table); err != nil {
			t.Fatal("after a restart:", err)
		}
		client = dynamodb.Client(s.Endpoint())
		out, err := client.Query(t.Context(), &sdk.QueryInput{
			TableName: aws.String(table.Name), IndexName: aws.String("GSI1"),
			KeyConditionExpression:    aws.String("gsi1pk = :p"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":p": item["gsi1pk"]},
		})
		if err != nil || len(out.Items) != 1 {
			t.Fatalf("%v, %v", out, err)
		}
		ttl, err := client.DescribeTimeToLive(t.Context(), &sdk.DescribeTimeToLiveInput{TableName: aws.String(table.Name)})
		if err != nil || aws.ToString(ttl.TimeToLiveDescription.AttributeName) != "expiresAt" {
			t.Errorf("time to live: %v, %v", ttl, err)
		}
	})
}

func TestStoredTableOfAnotherTemplate(t *testing.T) {
	engines(t, func(t *testing.T, o dynamodb.Options) {
		s := start(t, o)
		if err := dynamodb.CreateTable(t.Context(), s.Endpoint(), table); err != nil {
			t.Fatal(err)
		}
		for name, change := range map[string]func(*template.Table){
			"key":           func(t *template.Table) { t.Key.Range = "other" },
			"index key":     func(t *template.Table) { t.Indexes[0].Key.Range = "" },
			"fewer indexes": func(t *template.Table) { t.Indexes = t.Indexes[1:] },
			"projection":    func(t *template.Table) { t.Indexes[0].Projection = "KEYS_ONLY" },
			"attributes":    func(t *template.Table) { t.Indexes[1].NonKeyAttributes = []string{"a"} },
			"time to live":  func(t *template.Table) { t.TTLAttribute = "other" },
		} {
			changed := table
			changed.Indexes = slices.Clone(table.Indexes)
			change(&changed)
			err := dynamodb.CreateTable(t.Context(), s.Endpoint(), changed)
			if err == nil || !strings.Contains(err.Error(), "RESET=1") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", name, err)
			}
		}
		changed := table
		changed.Name = "no spaces"
		if err := dynamodb.CreateTable(t.Context(), s.Endpoint(), changed); err == nil {
			t.Error("a table with an impossible name was created")
		}
	})
}

func TestStartFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for _, tt := range []struct {
		name string
		o    dynamodb.Options
		want string
	}{
		{"port in use", dynamodb.Options{Modules: modules, Addr: taken.Addr().String()}, "choose another port"},
		{"not installed", dynamodb.Options{Modules: t.TempDir()}, "run npm ci in infra/local"},
		{"local not installed", dynamodb.Options{Engine: dynamodb.DynamoDBLocal, Modules: t.TempDir()}, "run npm ci in infra/local/dynamodb/dynamodb-local"},
		{"unknown engine", dynamodb.Options{Engine: "mongo"}, `no DynamoDB engine "mongo"`},
		{"not a database", dynamodb.Options{Modules: modules, File: "/dev/null"}, "ended instead of answering"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := dynamodb.Start(t.Context(), tt.o)
			if err == nil {
				s.Stop()
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q, want %q in one line", err, tt.want)
			}
		})
	}
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dynamodb.Start(ctx, dynamodb.Options{Modules: modules}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}
