package checks

import (
	"strings"
	"time"

	"clienteling/infra/local/template"
	"clienteling/shared/queue"
)

// queues checks that no message is lost or handled twice by design: a dead-letter
// queue somebody hears of, time enough to finish a batch, and failures reported one
// by one. (What AWS refuses anyway, template.Load refuses too: a FIFO batch over 10 or
// with a window.) The numbers are of "Using Lambda with Amazon SQS" in AWS's guide.
func queues(p *project) []string {
	var found findings
	dead := map[string]bool{}
	for _, q := range p.template.Queues {
		dead[q.DeadLetter] = true
	}
	for _, q := range p.template.Queues {
		if dead[q.LogicalID] {
			if !alarmed(p.template, q) {
				found.add("template.yaml: %s needs an AWS::CloudWatch::Alarm on its ApproximateNumberOfMessagesVisible, or nobody hears of what failed", q.LogicalID)
			}
			continue
		}
		if q.DeadLetter == "" {
			found.add("template.yaml: %s needs a RedrivePolicy to a dead-letter queue", q.LogicalID)
		} else if q.MaxReceiveCount < 5 {
			found.add("template.yaml: %s gives up after %d receives: throttling alone can use them up, so 5 at least", q.LogicalID, q.MaxReceiveCount)
		} else if q.MaxReceiveCount != queue.Receives {
			found.add("template.yaml: %s gives up after %d receives, and its worker keeps a job for the operator after %d (queue.Receives): make them the same", q.LogicalID, q.MaxReceiveCount, queue.Receives)
		}
		found = append(found, consumers(p.template, q)...)
	}
	return found
}

// consumers checks how a queue is read.
func consumers(t *template.Template, q template.Queue) []string {
	var found findings
	read := false
	for _, f := range t.Functions {
		for _, e := range f.Queues {
			if e.Queue != q.LogicalID {
				continue
			}
			read = true
			if want := stem(f.Folder) + "Queue"; q.LogicalID != want {
				found.add("template.yaml: %s reads %s: name the queue %s", f.Name, q.LogicalID, want)
			}
			if need := 6*f.Timeout + e.Window; q.VisibilityTimeout < need {
				found.add("template.yaml: %s hides a message for %v: six times the timeout of %s and its window are %v",
					q.LogicalID, q.VisibilityTimeout, f.Name, need.Round(time.Second))
			}
			if !e.ReportBatchItemFailures {
				found.add("template.yaml: %s needs FunctionResponseTypes: [ReportBatchItemFailures], or one failure repeats the batch", f.Name)
			}
		}
	}
	if !read {
		found.add("template.yaml: no function reads %s", q.LogicalID)
	}
	return found
}

// alarmed reports whether an alarm watches the messages in a queue.
func alarmed(t *template.Template, q template.Queue) bool {
	for _, resource := range t.Resources {
		if resource.Type != "AWS::CloudWatch::Alarm" ||
			resource.Properties["Namespace"] != "AWS/SQS" ||
			resource.Properties["MetricName"] != "ApproximateNumberOfMessagesVisible" {
			continue
		}
		for _, dimension := range list(resource.Properties["Dimensions"]) {
			value, _ := at(dimension, "Value").(string)
			if at(dimension, "Name") == "QueueName" && strings.TrimSuffix(value, ".QueueName") == q.LogicalID {
				return true
			}
		}
	}
	return false
}
