/* The parts of the page that run in the browser alone. */
window.dash_clientside = Object.assign({}, window.dash_clientside, {
  dashboard: {
    /* The rows of the table from its columns. */
    rows: function (columns) {
      if (!columns) return window.dash_clientside.no_update;
      var fields = Object.keys(columns);
      return (columns.number || []).map(function (_, at) {
        var row = {};
        fields.forEach(function (field) {
          if (columns[field][at] !== null) row[field] = columns[field][at];
        });
        return row;
      });
    },
    /* When the parallel coordinates are drawn, which takes longer than all else on the page: at first as soon as the
       rest is there, and later only while they are in view. */
    due: function (columns, times) {
      var box = document.getElementById("choices").getBoundingClientRect();
      var inView = !document.hidden && box.bottom > 0 && box.top < window.innerHeight;
      var first = !document.getElementById("parallel-chart");
      if (!columns || (!first && !inView)) return window.dash_clientside.no_update;
      return new Promise(function (done) {
        var until = Date.now() + 10000;
        (function wait() {
          if (!document.querySelector("#score-chart .xtick") && Date.now() < until) window.setTimeout(wait, 50);
          else window.requestIdleCallback(function () { done(Date.now()); }, { timeout: 3000 });
        })();
      });
    },
    /* Shows the rows of the table that contain a text. */
    find: function (text, options) {
      return Object.assign({}, options, { quickFilterText: text || "" });
    },
  },
});

/* The order of two scores: a trial without one comes last, whichever way the table is sorted. */
var dagfuncs = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
dagfuncs.absentLast = function (a, b, first, second, descending) {
  if (a == null || b == null) return (a == null) === (b == null) ? 0 : (a == null) === descending ? -1 : 1;
  return a - b;
};
