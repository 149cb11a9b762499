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
    /* Shows the rows of the table that contain a text. */
    find: function (text, options) {
      return Object.assign({}, options, { quickFilterText: text || "" });
    },
  },
});
