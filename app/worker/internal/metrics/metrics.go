// Package metrics names what the worker counts.
package metrics

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"votingapp/worker/internal/queue"
	"votingapp/worker/internal/vote"
)

// scrapeTimeout keeps a redis that hangs from making a scrape fail: what the worker itself counts is still reported.
const scrapeTimeout = time.Second

// Metrics is what the consumers report to.
type Metrics struct {
	Processed    prometheus.Counter
	Failed       *prometheus.CounterVec
	VoteLatency  prometheus.Histogram
	BatchSeconds prometheus.Histogram
}

// New registers the metrics, each at zero from the start so that a rate can be taken of the first event.
func New(registry *prometheus.Registry) *Metrics {
	m := &Metrics{
		Processed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "votingapp_votes_processed_total",
			Help: "Votes committed to Postgres, a voter's earlier and repeated ones included.",
		}),
		Failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "votingapp_votes_failed_total",
			Help: "Messages moved to the dead letters, by what was wrong with them.",
		}, []string{"reason"}),
		VoteLatency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "votingapp_vote_latency_seconds",
			Help:    "Time from the casting of a vote to its commit in Postgres, for votes that say when they were cast.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}),
		BatchSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "votingapp_worker_batch_seconds",
			Help:    "Time from having taken a batch of votes to its acknowledgement, retries included.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60},
		}),
	}
	for _, reason := range vote.Reasons() {
		m.Failed.WithLabelValues(string(reason))
	}
	registry.MustRegister(m.Processed, m.Failed, m.VoteLatency, m.BatchSeconds,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

var (
	queueLength = prometheus.NewDesc("votingapp_queue_length",
		"Votes waiting in redis. Absent while redis does not answer.", nil, nil)
	processingLength = prometheus.NewDesc("votingapp_processing_length",
		"Votes in the hands of any worker, or left behind by a dead one. Absent while redis does not answer.", nil, nil)
	deadLetters = prometheus.NewDesc("votingapp_dead_letters",
		"Messages kept as dead letters in redis. Absent while redis does not answer.", nil, nil)
)

// queueCollector asks redis at each scrape, so the figures are never older than the scrape.
type queueCollector struct {
	queue *queue.Queue
	log   *slog.Logger
}

// RegisterQueue adds the lengths of redis' lists.
func RegisterQueue(registry *prometheus.Registry, q *queue.Queue, log *slog.Logger) {
	registry.MustRegister(queueCollector{q, log})
}

func (c queueCollector) Describe(descs chan<- *prometheus.Desc) {
	descs <- queueLength
	descs <- processingLength
	descs <- deadLetters
}

func (c queueCollector) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	lengths, err := c.queue.Lengths(ctx)
	if err != nil {
		c.log.Debug("the queue's metrics are left out", "error", err.Error())
		return
	}
	for desc, length := range map[*prometheus.Desc]int64{
		queueLength: lengths.Queue, processingLength: lengths.Processing, deadLetters: lengths.Dead,
	} {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(length))
	}
}
