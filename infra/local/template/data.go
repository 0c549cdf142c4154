package template

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

func (f *file) table(r resource) (Table, error) {
	type keySchema []struct {
		Name string `yaml:"AttributeName"`
		Type string `yaml:"KeyType"`
	}
	var p struct {
		Attributes []struct {
			Name string `yaml:"AttributeName"`
			Type string `yaml:"AttributeType"`
		} `yaml:"AttributeDefinitions"`
		Key     keySchema `yaml:"KeySchema"`
		Indexes []struct {
			Name       string    `yaml:"IndexName"`
			Key        keySchema `yaml:"KeySchema"`
			Projection struct {
				Type    string   `yaml:"ProjectionType"`
				NonKeys []string `yaml:"NonKeyAttributes"`
			} `yaml:"Projection"`
		} `yaml:"GlobalSecondaryIndexes"`
		Local yaml.Node `yaml:"LocalSecondaryIndexes"`
		TTL   struct {
			Attribute string `yaml:"AttributeName"`
			Enabled   bool   `yaml:"Enabled"`
		} `yaml:"TimeToLiveSpecification"`
	}
	if err := f.decode(r.properties, &p); err != nil {
		return Table{}, err
	}
	if !p.Local.IsZero() {
		return Table{}, f.errorf(&p.Local, "local secondary indexes are not supported here; use a global one")
	}
	types := map[string]string{}
	for _, a := range p.Attributes {
		types[a.Name] = a.Type
	}
	key := func(of string, schema keySchema) (Key, error) {
		var k Key
		for _, part := range schema {
			if types[part.Name] != "S" {
				return k, f.errorf(r.properties, "%s: the key attribute %q must be a string; "+
					"list it under AttributeDefinitions with AttributeType S", of, part.Name)
			}
			if part.Type == "HASH" {
				k.Hash = part.Name
			} else {
				k.Range = part.Name
			}
		}
		if k.Hash == "" {
			return k, f.errorf(r.properties, "%s has no KeyType HASH in its KeySchema; add one", of)
		}
		return k, nil
	}
	table := Table{LogicalID: r.id, Name: r.id}
	if name, ok := f.values.Refs[r.id]; ok {
		table.Name = name
	}
	if p.TTL.Enabled {
		table.TTLAttribute = p.TTL.Attribute
	}
	var err error
	if table.Key, err = key(r.id, p.Key); err != nil {
		return Table{}, err
	}
	for _, i := range p.Indexes {
		index := Index{Name: i.Name, Projection: i.Projection.Type, NonKeyAttributes: i.Projection.NonKeys}
		if index.Key, err = key(r.id+"."+i.Name, i.Key); err != nil {
			return Table{}, err
		}
		table.Indexes = append(table.Indexes, index)
	}
	return table, nil
}

func (f *file) queue(r resource) (Queue, error) {
	var p struct {
		Name              string `yaml:"QueueName"`
		FIFO              bool   `yaml:"FifoQueue"`
		Deduplication     bool   `yaml:"ContentBasedDeduplication"`
		VisibilityTimeout int    `yaml:"VisibilityTimeout"`
		Retention         int    `yaml:"MessageRetentionPeriod"`
		Delay             int    `yaml:"DelaySeconds"`
		Redrive           struct {
			Target          string `yaml:"deadLetterTargetArn"`
			MaxReceiveCount int    `yaml:"maxReceiveCount"`
		} `yaml:"RedrivePolicy"`
	}
	p.VisibilityTimeout, p.Retention = 30, 4*24*60*60 // SQS's defaults, in seconds
	if err := f.decode(r.properties, &p); err != nil {
		return Queue{}, err
	}
	q := Queue{
		LogicalID: r.id, Name: p.Name, FIFO: p.FIFO, ContentBasedDeduplication: p.Deduplication,
		VisibilityTimeout: seconds(p.VisibilityTimeout), Retention: seconds(p.Retention), Delay: seconds(p.Delay),
		MaxReceiveCount: p.Redrive.MaxReceiveCount,
	}
	if q.Name == "" {
		q.Name = r.id
		if q.FIFO {
			q.Name += ".fifo"
		}
	}
	if q.FIFO != strings.HasSuffix(q.Name, ".fifo") {
		return Queue{}, f.errorf(r.properties, "%s: the name of a FIFO queue, and of no other, ends in .fifo; got %q", r.id, q.Name)
	}
	if p.Redrive.Target != "" {
		if q.DeadLetter = f.queueOf(p.Redrive.Target); q.DeadLetter == p.Redrive.Target {
			return Queue{}, f.errorf(r.properties, "%s: its dead-letter queue %q is not one of this template; "+
				"use !GetAtt <queue>.Arn", r.id, p.Redrive.Target)
		}
		if q.MaxReceiveCount < 1 {
			return Queue{}, f.errorf(r.properties, "%s: its RedrivePolicy needs a maxReceiveCount of at least 1", r.id)
		}
	}
	return q, nil
}

// queueOf is the logical id of the queue with that ARN; the ARN itself for a queue
// that is not of this template.
func (f *file) queueOf(arn string) string {
	for _, r := range f.resources {
		if r.attributes.Type != queueType {
			continue
		}
		own, ok := f.values.Attributes[r.id+".Arn"]
		if !ok {
			own = r.id + ".Arn"
		}
		if own == arn {
			return r.id
		}
	}
	return arn
}
